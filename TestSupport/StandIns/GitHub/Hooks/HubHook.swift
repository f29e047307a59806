internal import JSON

/// A webhook of a repository.
struct HubHook: Sendable {
    let id: Int
    var url: String
    var secret: String?
    var contentType: String
    var events: [String]
    var isActive: Bool
    var created: Double
    var updated: Double
    /// `code`, `status` and `message`.
    var last: (code: Int?, status: String, message: String?) = (nil, "unused", nil)

    func hears(_ event: String) -> Bool { event == "ping" || self.events.contains("*") || self.events.contains(event) }
}
