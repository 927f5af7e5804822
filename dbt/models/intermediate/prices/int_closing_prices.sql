-- One row per price list, asset and day on which the price changed that days end with.
-- A day ends at the cut-off of the list's policy, or at 24:00 UTC.
select price_list, asset_id, date, price_usd, priced_at
from {{ ref('int_prices') }}
qualify row_number() over (partition by price_list, asset_id, date order by in_force_from desc) = 1
