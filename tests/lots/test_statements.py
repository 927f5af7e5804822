"""The lot engine, told as statements of account."""


def test_fifo_takes_the_oldest_lot_first(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +5 cost 400
        mar  -6 fifo         -> jan 4 cost 200, feb 2 cost 160
        left                    feb 3 cost 240
    """)


def test_lifo_takes_the_newest_lot_first(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +5 cost 400
        mar  -6 lifo         -> feb 5 cost 400, jan 1 cost 50
        left                    jan 3 cost 150
    """)


def test_hifo_takes_the_dearest_unit_first(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +1 cost 70
        mar  +9 cost 540
        apr  -3 hifo         -> feb 1 cost 70, mar 2 cost 120
        left                    jan 4 cost 200, mar 7 cost 420
    """)


def test_lofo_takes_the_cheapest_unit_first(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +1 cost 70
        mar  +9 cost 360
        apr  -10 lofo        -> mar 9 cost 360, jan 1 cost 50
        left                    jan 3 cost 150, feb 1 cost 70
    """)


def test_lots_of_equal_unit_cost_leave_oldest_first(agrees):
    agrees("""
        jan  +3 cost 100
        feb  +6 cost 200
        mar  -4 hifo         -> jan 3 cost 100, feb 1 cost 33
        apr  -1 lofo         -> feb 1 cost 34
        left                    feb 4 cost 133
    """)


def test_unit_costs_are_compared_exactly(agrees):
    """As floats both are 0.3333333333333333, and jan would leave first."""
    agrees("""
        jan  +300,000,000,000,000,000 cost 100,000,000,000,000,000
        feb  +299,999,999,999,999,999 cost 100,000,000,000,000,000
        mar  -299,999,999,999,999,999 hifo  -> feb 299,999,999,999,999,999 cost 100,000,000,000,000,000
        left  jan 300,000,000,000,000,000 cost 100,000,000,000,000,000
    """)


def test_a_lot_of_unknown_cost_ranks_last_where_cost_decides(agrees):
    agrees("""
        jan  +1 cost ?
        feb  +1 cost 10
        mar  +1 cost 20
        apr  -2 hifo         -> mar 1 cost 20, feb 1 cost 10
        may  +1 cost 30
        jun  -2 lofo         -> may 1 cost 30, jan 1 cost ?
    """)


def test_a_lot_that_cost_nothing_has_a_known_cost(agrees):
    agrees("""
        airdrop  +5 cost 0
        jan      +1 cost ?
        feb      -6 fifo     -> airdrop 5 cost 0, jan 1 cost ?
    """)


def test_average_is_the_cost_of_all_units_that_lie_there_in_fifo_order(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +6 cost 400
        mar  -5 average      -> jan 4 cost 240, feb 1 cost 60
        apr  +5 cost 500
        may  -5 average      -> feb 5 cost 400
        left                    apr 5 cost 400
    """)


def test_average_leaves_the_remainder_in_the_pool(agrees):
    agrees("""
        jan  +1 cost 3
        feb  +2 cost 7
        mar  -1 average      -> jan 1 cost 3
        apr  -1 average      -> feb 1 cost 4
        may  -1 average      -> feb 1 cost 3
    """)


def test_average_knows_nothing_of_units_whose_cost_is_unknown(agrees):
    agrees("""
        jan  +2 cost 100
        feb  +2 cost ?
        mar  +2 cost 300
        apr  -3 average      -> jan 2 cost 200, feb 1 cost ?
        left                    feb 1 cost ?, mar 2 cost 200
    """)


def test_a_pool_that_goes_over_to_average_shares_what_is_left(agrees):
    agrees("""
        jan  +2 cost 100
        feb  +2 cost 300
        mar  -1 hifo         -> feb 1 cost 150
        apr  -1 average      -> jan 1 cost 83
        left                    jan 1 cost 84, feb 1 cost 83
    """)


def test_a_pool_that_leaves_average_spreads_the_cost_over_its_lots(agrees):
    agrees("""
        jan  +2 cost 100
        feb  +2 cost 300
        mar  -1 average      -> jan 1 cost 100
        apr  +1 cost 90
        may  -2 hifo         -> jan 1 cost 98, feb 1 cost 98
        left                    feb 1 cost 97, apr 1 cost 97
    """)


def test_the_method_may_change_from_movement_to_movement(agrees):
    agrees("""
        jan  +3 cost 300
        feb  +3 cost 600
        mar  +3 cost 450
        apr  -1 lifo         -> mar 1 cost 150
        may  -1 fifo         -> jan 1 cost 100
        jun  -1 hifo         -> feb 1 cost 200
        jul  -1 lofo         -> jan 1 cost 100
        aug  -9 fifo         -> jan 1 cost 100, feb 2 cost 400, mar 2 cost 300, short 4
    """)


def test_a_pool_that_was_averaged_ranks_by_what_its_lots_cost_now(agrees):
    agrees("""
        jan  +2 cost 100
        feb  +2 cost 300
        mar  -1 hifo         -> feb 1 cost 150
        apr  -1 average      -> jan 1 cost 83
        may  -1 hifo         -> jan 1 cost 84
        jun  +1 cost 90
        jul  -2 hifo         -> jun 1 cost 90, feb 1 cost 83
    """)


def test_specific_identification_takes_the_lots_that_were_named(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +5 cost 400
        mar  -6 specific naming feb 4, jan 2     -> feb 4 cost 320, jan 2 cost 100
        left                                        jan 2 cost 100, feb 1 cost 80
    """)


def test_a_lot_named_without_a_quantity_gives_as_much_as_is_needed(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +5 cost 400
        mar  -6 specific naming feb, jan         -> feb 5 cost 400, jan 1 cost 50
        apr  -2 specific naming jan              -> jan 2 cost 100
        left                                        jan 1 cost 50
    """)


def test_a_lot_named_twice_is_one_match(agrees):
    agrees("""
        jan  +4 cost 200
        mar  -3 specific naming jan 1, jan 2     -> jan 3 cost 150
        apr  -1 specific naming jan, jan 1       -> jan 1 cost 50
    """)


def test_what_the_named_lots_lack_is_taken_first_in_first_out(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +5 cost 400
        mar  -6 specific naming feb 3            -> feb 3 cost 240, jan 3 cost 150 as fifo
        apr  -1 specific                         -> jan 1 cost 50 as fifo
        left                                        feb 2 cost 160
    """)


def test_a_named_lot_that_is_used_up_unknown_or_not_yet_acquired_is_passed_over(agrees):
    agrees("""
        jan  +4 cost 200
        feb  -4 fifo                             -> jan 4 cost 200
        mar  +3 cost 300
        apr  -2 specific naming jan, may, nope   -> mar 2 cost 200 as fifo
        may  +1 cost 10
        left                                        mar 1 cost 100, may 1 cost 10
    """)


def test_a_named_lot_of_another_pool_is_passed_over(agrees):
    agrees("""
        jan wallet    +4 cost 200
        feb exchange  +4 cost 400
        mar exchange  -2 specific naming jan     -> feb 2 cost 200 as fifo
        left exchange  feb 2 cost 200
        left wallet  jan 4 cost 200
    """)


def test_names_are_ignored_by_methods_that_know_none(agrees):
    agrees("""
        jan  +4 cost 200
        feb  +5 cost 400
        mar  -2 fifo naming feb 2                -> jan 2 cost 100
        left                                        jan 2 cost 100, feb 5 cost 400
    """)


def test_selling_more_than_the_pool_holds_is_a_shortfall(agrees):
    agrees("""
        jan  +4 cost 200
        feb  -6 fifo         -> jan 4 cost 200, short 2
        mar  -1 specific naming jan   -> short 1
        apr  +5 cost 500
        left                    apr 5 cost 500
    """)


def test_a_sale_from_a_pool_that_never_held_anything_is_a_shortfall(agrees):
    agrees("""
        jan  -6 hifo         -> short 6
    """)


def test_the_slices_of_a_lot_add_up_to_its_cost(agrees):
    """A tenth of 7 cents is 0.7: the marks on the ruler are 1 1 2 3 4 4 5 6 6 7, a half is rounded up."""
    agrees("""
        jan  +10 cost 7
        s1   -1 fifo         -> jan 1 cost 1
        s2   -1 fifo         -> jan 1 cost 0
        s3   -1 fifo         -> jan 1 cost 1
        s4   -1 fifo         -> jan 1 cost 1
        s5   -1 fifo         -> jan 1 cost 1
        s6   -2 fifo         -> jan 2 cost 1
        left                    jan 3 cost 2
    """)
