"""Facts: plain, frozen values that go between the stages. Nothing here does any work with the outside."""
