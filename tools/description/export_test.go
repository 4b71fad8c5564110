package description

// What tests outside of the package use of it.

const DescribedBytes = describedBytes

type DescribeConnectorOut = describeConnectorOut

var ExampleCalls = exampleCalls
