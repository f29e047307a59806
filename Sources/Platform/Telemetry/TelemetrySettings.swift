package import HTTP
package import Primitives

package struct TelemetrySettings: Sendable {
    /// The collector, without `/v1/traces`.
    package let endpoint: HTTPURL
    /// Sent with each request, such as a key.
    package let headers: [String: Secret]
    /// Whether texts of people and models are sent.
    package let hasContent: Bool
    /// How long spans wait for others, to be sent with them.
    package var linger = Duration.seconds(1)
    package var metricsInterval = Duration.seconds(60)
    /// The wait after a failure, which doubles up to a minute.
    package var retryPause = Duration.seconds(1)
    /// For one request.
    package var timeout = Duration.seconds(10)

    package init(endpoint: HTTPURL, headers: [String: Secret] = [:], hasContent: Bool = false) {
        self.endpoint = endpoint
        self.headers = headers
        self.hasContent = hasContent
    }
}
