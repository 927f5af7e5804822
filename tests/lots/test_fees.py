"""A fee in coin that is part of the cost of what remains: its units leave, their cost does not."""


def test_the_cost_of_a_fee_stays_with_the_lot_it_came_from(agrees):
    agrees("""
        jan  +4 cost 200
        fee  ~1 fifo         -> jan 1 cost 0
        feb  -1 fifo         -> jan 1 cost 67
        left                    jan 2 cost 133
    """)


def test_a_fee_that_empties_a_lot_leaves_its_cost_to_the_next_one(agrees):
    agrees("""
        jan  +1 cost 50
        feb  +4 cost 400
        mar  +4 cost 800
        fee  ~1 fifo         -> jan 1 cost 0
        apr  -1 fifo         -> feb 1 cost 113
        left                    feb 3 cost 337, mar 4 cost 800
    """)


def test_a_fee_of_several_lots_leaves_the_cost_of_all_to_the_last_one(agrees):
    agrees("""
        jan  +1 cost 50
        feb  +4 cost 400
        mar  +4 cost 800
        fee  ~3 fifo         -> jan 1 cost 0, feb 2 cost 0
        left                    feb 2 cost 450, mar 4 cost 800
    """)


def test_a_fee_leaves_its_cost_to_what_leaves_next_by_its_own_method(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +1 cost 90
        mar  +1 cost 80
        fee  ~1 lifo         -> mar 1 cost 0
        left                    jan 4 cost 200, feb 1 cost 170
    """)


def test_a_fee_of_a_lot_that_was_named_leaves_its_cost_to_what_leaves_next(agrees):
    agrees("""
        jan  +1 cost 10
        feb  +2 cost 40
        fee  ~1 specific naming feb    -> feb 1 cost 0
        left                              jan 1 cost 30, feb 1 cost 20
    """)


def test_a_lot_that_bore_a_fee_is_dearer_and_leaves_sooner_by_hifo(agrees):
    agrees("""
        jan  +2 cost 20
        feb  +2 cost 24
        fee  ~1 fifo         -> jan 1 cost 0
        mar  -2 hifo         -> jan 1 cost 20, feb 1 cost 12
        left                    feb 1 cost 12
    """)


def test_a_fee_by_hifo_makes_the_next_dearest_lot_dearer(agrees):
    agrees("""
        jan  +1 cost 100
        feb  +2 cost 20
        mar  +2 cost 60
        fee  ~1 hifo         -> jan 1 cost 0
        apr  +1 cost 70
        may  -4 hifo         -> mar 2 cost 160, apr 1 cost 70, feb 1 cost 10
        left                    feb 1 cost 10
    """)


def test_a_lot_that_bore_a_fee_by_lofo_is_no_longer_the_cheapest(agrees):
    agrees("""
        jan  +2 cost 20
        feb  +2 cost 24
        fee  ~1 lofo         -> jan 1 cost 0
        mar  -3 lofo         -> feb 2 cost 24, jan 1 cost 20
    """)


def test_under_average_all_units_bear_the_fee(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +6 cost 400
        fee  ~1 average      -> jan 1 cost 0
        mar  -3 average      -> jan 3 cost 200
        left                    feb 6 cost 400
    """)


def test_under_average_units_of_unknown_cost_bear_no_fee(agrees):
    agrees("""
        jan  +1 cost 30
        feb  +2 cost ?
        mar  +2 cost 60
        fee  ~1 average      -> jan 1 cost 0
        apr  -3 average      -> feb 2 cost ?, mar 1 cost 45
        left                    mar 1 cost 45
    """)


def test_a_fee_that_empties_the_pool_takes_its_cost_along(agrees):
    agrees("""
        jan  +2 cost 50
        fee  ~2 fifo         -> jan 2 cost 50
        feb  +2 cost 10
        left                    feb 2 cost 10
    """)


def test_a_fee_that_empties_an_averaged_pool_takes_its_cost_along(agrees):
    agrees("""
        jan  +2 cost 50
        feb  +1 cost ?
        fee  ~2 average      -> jan 2 cost 50
        left                    feb 1 cost ?
    """)


def test_a_fee_larger_than_the_pool_is_a_shortfall(agrees):
    agrees("""
        jan  +1 cost 50
        fee  ~3 fifo         -> jan 1 cost 50, short 2
        feb  +1 cost 10
        left                    feb 1 cost 10
    """)


def test_a_fee_takes_its_cost_along_when_nobody_knows_what_the_next_lot_cost(agrees):
    agrees("""
        jan  +1 cost 50
        feb  +2 cost ?
        mar  +1 cost 20
        fee  ~1 fifo         -> jan 1 cost 50
        left                    feb 2 cost ?, mar 1 cost 20
    """)


def test_a_fee_of_unknown_cost_changes_the_cost_of_nothing(agrees):
    agrees("""
        jan  +1 cost ?
        feb  +1 cost 30
        mar  +1 cost 40
        fee  ~1 fifo         -> jan 1 cost ?
        left                    feb 1 cost 30, mar 1 cost 40
    """)


def test_what_is_known_of_the_cost_of_a_fee_stays(agrees):
    agrees("""
        jan  +1 cost ?
        feb  +1 cost 30
        mar  +1 cost 40
        fee  ~2 fifo         -> jan 1 cost ?, feb 1 cost 0
        left                    mar 1 cost 70
    """)


def test_a_fee_takes_its_cost_along_when_all_that_is_left_is_earmarked(agrees):
    """No unit leaves next: those that are left wait for a movement that names them."""
    agrees("""
        jan  +3 cost 30 reserved 2
        fee  ~1 newest       -> jan 1 cost 10
        left                    jan 2 cost 20
    """)


def test_a_fee_that_rounds_to_nothing_changes_nothing(agrees):
    agrees("""
        jan  +5 cost 2
        f1   ~1 fifo         -> jan 1 cost 0
        feb  -1 fifo         -> jan 1 cost 1
        left                    jan 3 cost 1
    """)


def test_a_fee_is_borne_where_it_was_paid(agrees):
    """The part of jan that lay elsewhere cost 50 a unit and still does; together they rank anew, at 66.67."""
    agrees("""
        jan wallet    +4 cost 200
        feb wallet    +3 cost 180
        mar wallet    > exchange 2 fifo    -> jan 2 cost 100
        fee wallet    ~1 fifo              -> jan 1 cost 0
        apr exchange  -1 fifo              -> jan 1 cost 50
        may exchange  > wallet 1 fifo      -> jan 1 cost 50
        jun wallet    -3 hifo              -> jan 2 cost 150, feb 1 cost 60
        left wallet  feb 2 cost 120
    """)
