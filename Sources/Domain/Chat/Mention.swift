/// Somebody to whom a message calls attention.
package struct Mention: Hashable, Sendable {
    /// The platform's id of the person, in the form of ``Route/recipient``.
    package let person: String
    /// Shown at the beginning of the message as the network's own mention. With nil nothing is shown, and only rooms with
    /// ``RoomTraits/Capabilities/quiet`` need to notify: everywhere else the answer does.
    package let name: String?

    package init(person: String, name: String? = nil) {
        self.person = person
        self.name = name
    }
}

extension Sender {
    /// The platform's id of the person: ``id`` without the network's prefix.
    package var person: String { String(self.id.drop { $0 != ":" }.dropFirst()) }
}
