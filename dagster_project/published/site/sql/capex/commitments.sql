-- One row per order.
select
    commitment_id, company_id, project_id, vendor, commitment_state, amount_usd, paid_usd, open_usd, deposit_usd,
    committed_on, delivered_on, cancelled_on, first_paid_on, last_paid_on, is_illustrative, source_url, note
from commitments
order by committed_on desc, commitment_id
