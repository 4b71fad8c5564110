package tools

// What tests outside of the package use of it.

var CoreTools = coreTools
