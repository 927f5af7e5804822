"""A policy holds from a date on: a pool whose method changes, and companies whose methods differ."""


def test_a_company_goes_over_from_fifo_to_hifo(agrees):
    agrees("""
        2024-10-01  +2 cost 80
        2024-11-01  +2 cost 120
        2024-12-01  +2 cost 100
        2024-12-31  -1 fifo      -> 2024-10-01 1 cost 40
        2025-01-01  -1 hifo      -> 2024-11-01 1 cost 60
        2025-01-02  -3 hifo      -> 2024-11-01 1 cost 60, 2024-12-01 2 cost 100
        left                        2024-10-01 1 cost 40
    """)


def test_a_company_goes_over_from_hifo_to_fifo_and_finds_the_lots_that_hifo_left(agrees):
    agrees("""
        jan  +2 cost 200
        feb  +2 cost 20
        mar  +2 cost 60
        apr  -3 hifo         -> jan 2 cost 200, mar 1 cost 30
        may  +1 cost 90
        jun  -4 fifo         -> feb 2 cost 20, mar 1 cost 30, may 1 cost 90
    """)


def test_a_company_goes_over_from_fifo_to_average_and_averages_what_is_left(agrees):
    agrees("""
        jan  +3 cost 300
        feb  +2 cost 400
        mar  -2 fifo         -> jan 2 cost 200
        apr  -1 average      -> jan 1 cost 167
        may  +1 cost 100
        jun  -2 average      -> feb 2 cost 289
        left                    may 1 cost 144
    """)


def test_a_company_goes_over_from_average_to_lifo_with_the_averaged_cost(agrees):
    agrees("""
        jan  +2 cost 100
        feb  +2 cost 300
        mar  -1 average      -> jan 1 cost 100
        apr  -1 lifo         -> feb 1 cost 100
        may  +1 cost 70
        jun  -3 lifo         -> may 1 cost 70, feb 1 cost 100, jan 1 cost 100
    """)


def test_a_pool_that_returns_to_average_averages_anew(agrees):
    agrees("""
        jan  +1 cost 10
        feb  +1 cost 20
        mar  +1 cost 60
        apr  -1 average      -> jan 1 cost 30
        may  +1 cost 90
        jun  -1 hifo         -> feb 1 cost 50
        jul  -1 average      -> mar 1 cost 50
        left                    may 1 cost 50
    """)


def test_names_count_from_the_day_on_which_the_policy_honours_them(agrees):
    agrees("""
        jan  +2 cost 20
        feb  +2 cost 60
        mar  -1 fifo naming feb        -> jan 1 cost 10
        apr  -1 specific naming feb    -> feb 1 cost 30
        may  -1 lifo naming jan        -> feb 1 cost 30
        left                              jan 1 cost 10
    """)


def test_earmarked_units_wait_under_any_policy(agrees):
    agrees("""
        jan  +2 cost 20 reserved 1
        feb  +2 cost 60 reserved 2
        mar  -1 fifo                   -> jan 1 cost 10
        apr  -1 hifo                   -> short 1
        may  -1 average                -> short 1
        jun  -1 newest naming jan      -> jan 1 cost 23 as named
        left                              feb 2 cost 47
    """)


def test_a_fee_is_borne_before_a_policy_changes(agrees):
    agrees("""
        jan  +1 cost 10
        feb  +1 cost 40
        mar  +1 cost 30
        fee  ~1 fifo         -> jan 1 cost 0
        apr  +1 cost 45
        may  -3 hifo         -> feb 1 cost 50, apr 1 cost 45, mar 1 cost 30
    """)


def test_each_company_keeps_to_its_own_policy(agrees):
    agrees("""
        jan parent  +1 cost 10
        feb child   +1 cost 20
        mar parent  +1 cost 30
        apr child   +1 cost 40
        may parent  -1 lifo            -> mar 1 cost 30
        jun child   -1 fifo            -> feb 1 cost 20
        left child  apr 1 cost 40
        left parent  jan 1 cost 10
    """)


def test_units_that_change_company_are_taken_by_one_policy_and_then_by_the_other(agrees):
    agrees("""
        jan parent  +2 cost 20
        feb parent  +2 cost 80
        mar child   +2 cost 60
        apr parent  > child 2 average  -> jan 2 cost 50
        may child   -3 hifo            -> mar 2 cost 60, jan 1 cost 25
        left child  jan 1 cost 25
        left parent  feb 2 cost 50
    """)
