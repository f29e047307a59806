/// A proxy client's usage of one model.
package struct ProxyUsageRecord: Sendable, Equatable {
    /// A credential's id, or `local`.
    package let client: String
    package let model: String
    package var requests: Int64
    package var input: Int64
    package var output: Int64

    package init(client: String, model: String, requests: Int64, input: Int64, output: Int64) {
        self.client = client
        self.model = model
        self.requests = requests
        self.input = input
        self.output = output
    }
}
