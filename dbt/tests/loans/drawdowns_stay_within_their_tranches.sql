-- More was drawn than all tranches allow, or on a day that lies in the window of none.
-- Loans whose tranches nobody published are not judged.
{{ config(severity='warn', meta={'owner': 'controller'}) }}
select moves.loan_id, moves.event_id
from {{ ref('int_loan_moves') }} as moves
inner join {{ ref('int_loan_terms_checked') }} as terms on moves.loan_id = terms.loan_id and terms.reason is null
left join
    {{ ref('loan_tranches') }} as tranches
    on moves.loan_id = tranches.loan_id
    and moves.date >= coalesce(tranches.draw_from, moves.date)
    and moves.date <= coalesce(tranches.draw_until, moves.date)
where
    moves.amount > 0
    and moves.loan_id in (select loan_tranches.loan_id from {{ ref('loan_tranches') }} as loan_tranches)
group by moves.loan_id, moves.event_id
having count(tranches.tranche_no) = 0
union all
select loan_id, first_drawn_at::varchar
from {{ ref('loans') }}
where
    committed_quantity < (
        select sum(events.amount_quantity)
        from {{ ref('int_loan_balances') }} as events
        where events.loan_id = loans.loan_id and events.drawn_usd > 0
    )
