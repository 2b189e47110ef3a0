select card, count(*) as loans from {{ this.DeRef("inputs/LOANS") }} group by 1
