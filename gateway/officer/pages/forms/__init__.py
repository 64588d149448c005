"""Forms: a document as fields on a page, and what was typed there as a document again."""
