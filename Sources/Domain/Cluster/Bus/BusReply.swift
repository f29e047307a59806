package import JSON

/// The owner's word.
package enum BusReply: Sendable, Equatable {
    case done(JSON)
    /// For people.
    case refused(String)
}
