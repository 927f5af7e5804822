"""Which units left, and what had they cost? The lot engine: Arrow in, integers inside, Arrow out.

Units are whole numbers of an asset's smallest part (satoshi, wei, cents), costs are whole cents. The engine knows no
asset, no company and no file; it imports nothing else of ours.

What was chosen, and why:

- *A method is data.* `methods.METHODS` is a table: the rank of a lot (the least leaves first), and what a match says
  of its basis. Selling coins and spending dollars are the same thing, so tracing money (`newest`) is a row of it.
- *One primitive.* `matching.take` takes up to so many units from the parcels it is offered, in the order in which it
  is offered them. Lots that were named, the method's own order and what a pool lacks are three calls of one thought.
- *Costs add up for ever.* The cost of a slice is the step between two marks on the lot's ruler, R(C·b/Q) − R(C·a/Q),
  so that the slices of a lot always add up to its cost and no slice is more than a cent off. R rounds half up, as an
  accountant and SQL's `round` do; the errors cannot add up, so nothing would be won by rounding half to even.
- *Unknown is not zero.* A lot without a cost gives slices without a cost, under every method, and ranks last where
  cost decides.
- *A transfer changes nothing but the place.* A lot keeps its number, its age, its unit cost and its earmark, whenever
  it was moved. Units that the sending pool lacked arrive as a lot of unknown cost, named after the transfer, so that
  quantities add up on both sides.
- *Average is FIFO with shared costs.* Units leave oldest first, which the holding period needs, at the average cost of
  the pool's units of known cost. A pool that changes to another method first spreads the shared cost over its lots.
- *Pools do not know each other.* Only a transfer joins two of them; groups of pools without one can be matched apart.
"""

from dagster_project.lots.columns import MATCHES, MOVEMENTS, OPEN_LOTS, Matched, match
from dagster_project.lots.methods import METHODS

__all__ = ["MATCHES", "METHODS", "MOVEMENTS", "OPEN_LOTS", "Matched", "match"]
