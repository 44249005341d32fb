"""The explorer: a local page on which a scenario can be changed and is run at once, against its twin without the
policy. `setting` says what is set, `laboratory` runs it, `figures` draws it, `page` is the page, `serve` the server."""
