/// A delivery of a webhook.
package struct HubDelivery: Sendable {
    package let id: Int
    /// `X-GitHub-Delivery`.
    package let guid: String
    package let event: String
    package let hook: Int
    package let body: [UInt8]
    /// Whether it was tried.
    package var isDone = false
}
