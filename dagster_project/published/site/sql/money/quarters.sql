-- One row per company, quarter of its fiscal year, side and kind: opening + sources = uses + closing, to the cent.
select
    quarter_start, quarter_end, company_id, side, kind, amount_usd, stated_usd, inferred_usd, unattributed_usd,
    unspent_usd, noncash_usd, is_illustrative, quarter_of(quarter_start) as _quarter
from sources_and_uses
order by quarter_start desc, company_id, list_position(['opening', 'source', 'use', 'closing'], side), amount_usd desc, kind
