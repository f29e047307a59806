package import JSON

/// What a call, a prompt or a resource gave: foreign text, never instructions.
package struct ExtensionResult: Sendable, Equatable {
    package enum Part: Sendable, Equatable {
        case text(String)
        /// Decoded bytes; the type is what the server says, and is checked by whoever shows it.
        case image([UInt8], type: String)
        /// Audio and other bytes, which are kept as a file at most.
        case data([UInt8], type: String, name: String)
        /// Never followed.
        case link(uri: String, name: String)
    }

    package var parts: [Part]
    /// The server says that the call failed; ``parts`` says why, for the model.
    package var isError: Bool

    package init(_ parts: [Part], isError: Bool = false) {
        self.parts = parts
        self.isError = isError
    }
}

/// Why a server could not be used: what failed, why, and what to do, in a sentence or two.
package struct ExtensionFailure: Error, Equatable, CustomStringConvertible {
    package enum Kind: Sendable, Equatable {
        /// It did not start, or cannot be reached.
        case down
        /// It wants a sign-in, or refused the one it got.
        case unauthorized
        /// It broke off while a call ran, which may have had its effect.
        case lost
        /// It answered with an error of the protocol.
        case refused(code: Int)
        /// It said something that the protocol does not allow, or too much.
        case malformed
        case late
    }

    package let kind: Kind
    package let description: String

    package init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

/// A question of a server to the person for whom a call runs (elicitation).
package struct ExtensionQuestion: Sendable, Equatable {
    package enum Form: Sendable, Equatable {
        /// A flat JSON schema of what is asked for (`requestedSchema`).
        case fields(JSON)
        /// An address to open.
        case address(String)
    }

    package let server: String
    package let message: String
    package let form: Form

    package init(server: String, message: String, form: Form) {
        self.server = server
        self.message = message
        self.form = form
    }
}

/// What a person answered.
package enum ExtensionAnswer: Sendable, Equatable {
    /// `content` is an object with a value for each field; null for an address.
    case accept(JSON)
    case decline
    /// Nobody answered in time, or the call was stopped.
    case cancel
}
