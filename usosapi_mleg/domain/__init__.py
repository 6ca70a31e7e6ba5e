"""What is true about students, orders and cards: plain values and functions, standard library only."""
