"""byondpro without a feed: an outbox table or view in any database SQLAlchemy reaches."""
