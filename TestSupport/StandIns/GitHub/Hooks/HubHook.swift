/// A webhook of a repository.
struct HubHook: Sendable {
    let id: Int
    let url: String
    let secret: String?
    let events: [String]
    let created: Double
    /// `code`, `status` and `message`.
    var last: (code: Int?, status: String, message: String?) = (nil, "unused", nil)

    func hears(_ event: String) -> Bool { event == "ping" || self.events.contains("*") || self.events.contains(event) }
}
