"""Money is a pool too: which receipts paid for what, told as statements of account."""


def test_money_is_used_newest_first(agrees):
    agrees("""
        loan    +100 cost 100
        sale    +50 cost 50
        repay   -60 newest           -> sale 50 cost 50, loan 10 cost 10
        left                            loan 90 cost 90
    """)


def test_money_that_a_use_names_is_taken_first(agrees):
    agrees("""
        equity  +100 cost 100
        sale    +50 cost 50
        capex   -60 newest naming equity 40     -> equity 40 cost 40 as named, sale 20 cost 20
        left                                       equity 60 cost 60, sale 30 cost 30
    """)


def test_earmarked_money_waits_for_the_use_that_names_it(agrees):
    agrees("""
        equity  +100 cost 100 reserved 80
        wages   -50 newest                      -> equity 20 cost 20, short 30
        sale    +40 cost 40
        repay   -10 newest                      -> sale 10 cost 10
        capex   -90 newest naming equity        -> equity 80 cost 80 as named, sale 10 cost 10
        left                                       sale 20 cost 20
    """)


def test_a_use_that_names_a_lot_takes_its_earmarked_units_first(agrees):
    agrees("""
        equity  +100 cost 100 reserved 50
        capex   -30 newest naming equity        -> equity 30 cost 30 as named
        wages   -60 newest                      -> equity 50 cost 50, short 10
        capex2  -20 newest naming equity        -> equity 20 cost 20 as named
    """)


def test_money_may_be_used_oldest_first_after_what_was_named(agrees):
    agrees("""
        sale    +50 cost 50
        loan    +30 cost 30
        equity  +40 cost 40 reserved 40
        capex   -60 oldest naming equity        -> equity 40 cost 40 as named, sale 20 cost 20
        repay   -50 oldest                      -> sale 30 cost 30, loan 20 cost 20
        left                                       loan 10 cost 10
    """)


def test_a_use_may_take_more_of_a_lot_than_it_named(agrees):
    agrees("""
        sale    +100 cost 100
        repay   -70 newest naming sale 50       -> sale 50 cost 50 as named, sale 20 cost 20
        left                                       sale 30 cost 30
    """)


def test_earmarks_of_a_lot_that_is_moved_in_parts_add_up(agrees):
    agrees("""
        equity bank   +100 cost 100 reserved 60
        move1  bank   > broker 30 newest naming equity    -> equity 30 cost 30 as named
        move2  bank   > broker 50 newest naming equity    -> equity 50 cost 50 as named
        wages  broker -40 newest                          -> equity 20 cost 20, short 20
        left bank  equity 20 cost 20
        left broker  equity 60 cost 60
    """)


def test_an_earmark_travels_with_the_units_that_are_moved_by_name(agrees):
    agrees("""
        equity bank   +100 cost 100 reserved 60
        move   bank   > broker 80 newest naming equity    -> equity 80 cost 80 as named
        wages  broker -30 newest                          -> equity 20 cost 20, short 10
        capex  broker -60 newest naming equity            -> equity 60 cost 60 as named
        left bank  equity 20 cost 20
    """)
