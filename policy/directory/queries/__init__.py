"""SQL text, one named constant per query; who writes SQL elsewhere hides it from the tests."""
