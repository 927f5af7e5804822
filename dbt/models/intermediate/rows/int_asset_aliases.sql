-- One row per source and alias: what we call the asset; a company's own aliases before those of the product.
select source, alias, asset_id
from {{ ref('asset_aliases') }}
union all
select source, alias, asset_id
from {{ ref('known_asset_aliases') }}
where (source, alias) not in (select (own.source, own.alias) from {{ ref('asset_aliases') }} as own)
