"""A transfer moves lots from pool to pool and changes nothing else about them: statements of account."""


def test_a_transfer_carries_lots_with_their_age_and_cost(agrees):
    agrees("""
        jan wallet    +4 cost 200
        feb exchange  +5 cost 400
        mar wallet    > exchange 3 fifo          -> jan 3 cost 150
        apr exchange  -4 fifo                    -> jan 3 cost 150, feb 1 cost 80
        left exchange  feb 4 cost 320
        left wallet  jan 1 cost 50
    """)


def test_a_transfer_takes_lots_by_its_method(agrees):
    agrees("""
        jan wallet  +2 cost 200
        feb wallet  +2 cost 400
        mar wallet  +2 cost 600
        apr wallet  > vault 1 lifo                     -> mar 1 cost 300
        may wallet  > vault 2 specific naming feb 1    -> feb 1 cost 200, jan 1 cost 100 as fifo
        left vault  jan 1 cost 100, feb 1 cost 200, mar 1 cost 300
        left wallet  jan 1 cost 100, feb 1 cost 200, mar 1 cost 300
    """)


def test_a_lot_that_comes_back_is_one_lot_again(agrees):
    agrees("""
        jan wallet  +3 cost 100
        feb wallet  > vault 2 fifo       -> jan 2 cost 67
        mar wallet  +1 cost 90
        apr vault   > wallet 1 fifo      -> jan 1 cost 34
        may wallet  -3 fifo              -> jan 2 cost 67, mar 1 cost 90
        left vault  jan 1 cost 33
    """)


def test_a_lot_keeps_its_unit_cost_when_its_parts_are_rounded(agrees):
    """A unit of jan costs 33.33 wherever it lies: it leaves after mar (33.50) and before feb (33.25)."""
    agrees("""
        jan wallet  +3 cost 100
        feb vault   +4 cost 133
        mar vault   +2 cost 67
        apr wallet  > vault 1 fifo       -> jan 1 cost 33
        may vault   -4 hifo              -> mar 2 cost 67, jan 1 cost 33, feb 1 cost 33
        left vault  feb 3 cost 100
        left wallet  jan 2 cost 67
    """)


def test_a_lot_that_was_averaged_ranks_by_what_it_costs_now(agrees):
    agrees("""
        jan wallet  +1 cost 300
        feb wallet  +2 cost 0
        mar vault   +1 cost 200
        apr wallet  > vault 1 average    -> jan 1 cost 100
        may vault   -1 hifo              -> mar 1 cost 200
        left vault  jan 1 cost 100
        left wallet  feb 2 cost 200
    """)


def test_a_lot_that_comes_back_averaged_is_ranked_anew(agrees):
    """One unit of apr stayed at 250, the other comes back at 150: 200 each, between mar and feb."""
    agrees("""
        feb wallet  +1 cost 190
        mar wallet  +1 cost 210
        apr wallet  +2 cost 500
        may wallet  +1 cost 300
        jun wallet  -1 hifo                         -> may 1 cost 300
        jul wallet  > vault 1 specific naming apr   -> apr 1 cost 250
        aug vault   +1 cost 50
        sep vault   > wallet 1 average              -> apr 1 cost 150
        oct wallet  -4 hifo                         -> mar 1 cost 210, apr 2 cost 400, feb 1 cost 190
        left vault  aug 1 cost 150
    """)


def test_a_lot_that_comes_back_to_an_averaging_pool_joins_the_average(agrees):
    agrees("""
        jan wallet  +4 cost 400
        feb wallet  > vault 2 average    -> jan 2 cost 200
        mar vault   +2 cost 600
        apr vault   > wallet 2 average   -> jan 2 cost 400
        may wallet  -1 average           -> jan 1 cost 150
        left vault  mar 2 cost 400
        left wallet  jan 3 cost 450
    """)


def test_an_averaged_cost_is_spread_by_age_wherever_the_lots_came_from(agrees):
    agrees("""
        jan vault   +1 cost 10
        feb wallet  +1 cost 10
        mar wallet  +1 cost 12
        apr vault   > wallet 1 fifo      -> jan 1 cost 10
        may wallet  +1 cost 1
        jun wallet  -1 average           -> jan 1 cost 8
        left wallet  feb 1 cost 9, mar 1 cost 8, may 1 cost 8
    """)


def test_a_transfer_of_more_than_the_pool_holds_arrives_as_a_lot_of_unknown_cost(agrees):
    agrees("""
        jan wallet    +4 cost 200
        feb wallet    > exchange 6 fifo  -> jan 4 cost 200, short 2
        mar exchange  -5 fifo            -> jan 4 cost 200, feb 1 cost ?
        left exchange  feb 1 cost ?
    """)
