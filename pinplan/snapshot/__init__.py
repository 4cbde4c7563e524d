"""Look once, write down what was there: Pinterest and the library."""
