-- One row per asset: a company's own facts before those of the product.
select asset_id, name, decimals, asset_class, max_supply, source_url
from {{ ref('assets') }}
union all
select asset_id, name, decimals, asset_class, max_supply, source_url
from {{ ref('known_assets') }}
where asset_id not in (select own.asset_id from {{ ref('assets') }} as own)
