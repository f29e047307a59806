package import JSON

/// A delivery of a webhook.
package struct HubDelivery: Sendable {
    package let id: Int
    /// `X-GitHub-Delivery`; the same for a redelivery.
    package let guid: String
    package let event: String
    package let action: String?
    package let hook: Int
    package let repository: String
    package let body: [UInt8]
    package var isRedelivery = false
    /// The receiver's answer; 0 while there is no answer, or for a failed connection.
    package var status = 0
    /// Whether it was tried.
    package var isDone = false
    let delivered: Double

    package var payload: JSON { (try? JSON.parse(self.body)) ?? .null }
}
