/// Takes what answers have cost. Called on the event loop, so it must not wait.
package typealias UsageSink = @Sendable (ProxyUsage) -> Void
