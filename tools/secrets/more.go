package secrets

const ReadMoreName = "read_more"
