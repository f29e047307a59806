internal import Chat
internal import Crypto
internal import Primitives

/// What people are called where others decide about what they want. A name that somebody chose can be another person's, or
/// look like it.
enum PersonLabel {
    /// With a name that has the identity behind it, unless the name alone says who it is.
    static func labelled(_ person: Sender, among others: [Person]) -> Sender {
        let name = VisibleText.strictLine(person.displayName)
        guard self.isChosen(name, by: person) || self.isAmbiguous(name, of: person, among: others) else {
            return person
        }
        let shown = name.count <= self.limit ? name : "\(name.prefix(self.limit - 1))…"
        return Sender(
            id: person.id, identities: person.identities, displayName: "\(shown)\(self.suffix(of: person))",
            isBot: person.isBot, isSelf: person.isSelf, isLasting: person.isLasting)
    }

    static func suffix(of person: Sender) -> String { " (\(VisibleText.strictLine(person.id)))" }

    private static let limit = 60

    /// Whether no network vouches for the name: people type it when they sign in to the web chat with a code. With a colon
    /// it may pretend to have an identity in it.
    private static func isChosen(_ name: String, by person: Sender) -> Bool {
        person.id.hasPrefix("web:") || name.isEmpty || name.contains(":")
    }

    private static func isAmbiguous(_ name: String, of person: Sender, among others: [Person]) -> Bool {
        // Where that cannot be found out, they may look alike.
        others.contains { !self.isSame($0, person) && lookAlike(name, $0.shownName) ?? true }
    }

    private static func isSame(_ other: Person, _ person: Sender) -> Bool {
        other.identity == person.id || person.identities.contains { AccessPolicy.matches(other.identity, $0) }
    }
}
