"""Which units left, and what had they cost? The lot engine: Arrow in, integers inside, Arrow out.

Units are whole numbers of an asset's smallest part (satoshi, wei, cents), costs are whole cents. The engine
knows no asset, no company and no file, and imports nothing else of ours.

What was chosen, and why:

- *A method is data.* `METHODS` is a table: the rank by which lots leave, and what a match says of its basis.
  Spending dollars is the same thing as selling coins, so tracing money (`newest`, `oldest`) is a row more.
- *One primitive.* `matching.take` takes so many units of one parcel; of which, say a predicate and an order:
  lots that were named come first, then the head of the pool's queue; what they lack is the shortfall.
- *One source, two speeds.* The loop is plain Python, and numba compiles it as it stands (see `compiled`).
- *Costs always add up.* A slice costs the step between two marks on its lot's ruler, R(C·b/Q) − R(C·a/Q):
  the slices of a lot always add up to its cost, and none is a whole cent off. R rounds half up, as SQL and
  accountants do; the errors cannot add up, so rounding half to even would win nothing.
- *Unknown is not zero.* Units of a lot without a cost have no cost under any method, and rank last by cost.
- *A transfer changes the place and nothing else.* A lot keeps its id, age, unit cost and earmark. Units that
  the sending pool lacked arrive as a lot of unknown cost with the transfer's id, so that both sides add up.
- *Average is FIFO with a shared cost.* Units leave oldest first, for the holding period, at the average of
  the pool's units of known cost. What arrives joins the average until units leave by another method; the cost
  is then spread over the lots first.
- *A fee may stay in the cost.* `absorb` hands the cost of what leaves to the lot that leaves next.
- *In proportion is no order.* `pro_rata` takes from all lots at once; pools of money that want it are matched
  apart (see `pro_rata`).
- *Pools are independent.* Only a transfer joins two; pools that no transfer joins can be matched apart.
"""

from dagster_project.lots.answer import answer
from dagster_project.lots.columns import MATCHES, MOVEMENTS, OPEN_LOTS, PICKS, Matched, match
from dagster_project.lots.methods import COMPARED, METHODS
from dagster_project.lots.pro_rata import PRO_RATA, match_pro_rata

__all__ = [
    "COMPARED",
    "MATCHES",
    "METHODS",
    "MOVEMENTS",
    "OPEN_LOTS",
    "PICKS",
    "PRO_RATA",
    "Matched",
    "answer",
    "match",
    "match_pro_rata",
]
