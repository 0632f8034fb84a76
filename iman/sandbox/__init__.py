"""Stand-ins for the two systems Iman sits between, each a real HTTP server with its own file.

They validate as the originals do and never know what the daemon expects: nothing here imports
`iman.sync`, `iman.gateways` or `iman.ledger`.
"""
