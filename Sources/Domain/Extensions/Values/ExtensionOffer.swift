package import JSON

/// What a server offers, in its own words: nothing of it may reach a model before an owner has approved it.
package struct ExtensionOffer: Sendable, Equatable {
    /// Which generation of the protocol was agreed on; see the revisions 2025-11-25 and 2026-07-28.
    package enum Era: String, Sendable {
        /// With a handshake (`initialize`): the revisions up to 2025-11-25.
        case legacy
        /// Without one (`server/discover`): from 2026-07-28 on.
        case modern
    }

    package var era: Era
    /// The revision of the protocol that both speak.
    package var revision: String
    /// The server's name and version, as it says.
    package var server: String
    package var instructions: String?
    package var tools: [ExtensionTool]
    package var prompts: [ExtensionPrompt]
    package var hasResources: Bool

    package init(
        era: Era, revision: String, server: String, instructions: String? = nil, tools: [ExtensionTool] = [],
        prompts: [ExtensionPrompt] = [], hasResources: Bool = false
    ) {
        self.era = era
        self.revision = revision
        self.server = server
        self.instructions = instructions
        self.tools = tools
        self.prompts = prompts
        self.hasResources = hasResources
    }
}

package struct ExtensionTool: Sendable, Equatable {
    /// The server's own name for it, which may hold any character.
    package var name: String
    package var description: String
    /// JSON schema of the arguments, as the server sent it.
    package var schema: JSON
    /// The server's claims (`readOnlyHint`, …), which decide nothing; null if it makes none.
    package var annotations: JSON

    package init(name: String, description: String, schema: JSON, annotations: JSON = .null) {
        self.name = name
        self.description = description
        self.schema = schema
        self.annotations = annotations
    }
}

package struct ExtensionPrompt: Sendable, Equatable {
    package struct Argument: Sendable, Equatable {
        package var name: String
        package var isRequired: Bool

        package init(name: String, isRequired: Bool) {
            self.name = name
            self.isRequired = isRequired
        }
    }

    package var name: String
    package var description: String
    package var arguments: [Argument]

    package init(name: String, description: String, arguments: [Argument] = []) {
        self.name = name
        self.description = description
        self.arguments = arguments
    }
}

package struct ExtensionResource: Sendable, Equatable {
    /// Or a template (RFC 6570), where ``isTemplate``.
    package var uri: String
    package var name: String
    package var type: String?
    package var isTemplate: Bool

    package init(uri: String, name: String, type: String? = nil, isTemplate: Bool = false) {
        self.uri = uri
        self.name = name
        self.type = type
        self.isTemplate = isTemplate
    }
}
