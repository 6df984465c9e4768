"""MariaDB and MySQL side by side: what one of them answers, the other has to answer as well."""
