return { status, integer(wait()) }
