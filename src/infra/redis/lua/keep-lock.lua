-- The lock was taken for as long again; that is all.
return {'built'}
