"""The teaching app: sessions without a toolkit, and the web page that shows them."""
