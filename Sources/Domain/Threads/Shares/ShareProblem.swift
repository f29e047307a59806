internal import Primitives

/// Why something was not shared.
package enum ShareProblem: Error, Sendable, Equatable {
    case nothing
    case notYours
    case guestsShareNothingPublicly
    case publicIsForReading
    case unknownTerm(String)
    /// With the line that says so.
    case unknownPerson(String)
    case notLasting(String)
    case alreadyTheirs(String)
    case tooMany(Int)

    /// Markdown that names commands without a sign.
    package var message: String {
        switch self {
        case .nothing: "This conversation has nothing to share yet."
        case .notYours: "Only the person who began this conversation and owners can share it."
        case .guestsShareNothingPublicly: "Guests cannot share anything publicly. Ask a member or an owner."
        case .publicIsForReading: "A public page can only be read."
        case .unknownTerm(let text):
            "\(EscapedText.code(VisibleText.line(text.beginning(bytes: 100)))) is not a time from a minute to a year, such "
                + "as `12h`, `7d` or `2027-01-31T12:00:00Z`."
        case .unknownPerson(let line): line
        case .notLasting(let name):
            "\(Self.code(name)) cannot be told from others who come under that name later. They need an account, or a "
                + "sign-in of their own."
        case .alreadyTheirs(let name): "\(Self.code(name)) began this conversation and sees all of it."
        case .tooMany(let most): "This conversation has \(most) shares, which is the limit. End some with `unshare`."
        }
    }

    private static func code(_ name: String) -> String { EscapedText.code(VisibleText.line(name)) }
}
