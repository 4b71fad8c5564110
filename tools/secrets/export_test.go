package secrets

// What tests outside of the package use of it.

const MinSecret = minSecret

var SecretArgument = secretArgument
var Shows = shows
var TokensIn = tokensIn
