package import HTTP
package import Jail
package import Primitives

/// One entry of `extensions:` in the configuration: a server that speaks the Model Context Protocol.
package struct ExtensionSettings: Sendable, Equatable {
    /// How the server is reached.
    package enum Way: Sendable, Equatable {
        /// A program in a jail of its own, with the path or name it is started by and its arguments.
        case program(_ command: [String], variables: [String: Secret])
        /// Streamable HTTP; the headers are sent with every request.
        case remote(_ address: HTTPURL, headers: [String: Secret])
    }

    /// What a program sees of the workspace of the thread that calls it.
    package enum Files: String, Sendable, CaseIterable {
        case none, read, write
    }

    /// How long the server may take. A call has the rest of its turn besides.
    package struct Limits: Sendable, Equatable {
        package var start = Duration.seconds(60)
        package var list = Duration.seconds(30)
        package var call = Duration.seconds(600)

        package init() {}
    }

    /// `[a-z][a-z0-9-]{0,23}`; the beginning of its tools' names.
    package let name: String
    package let way: Way
    /// The addresses that a program may reach, by the jail's rules.
    package var network: [NetworkRule] = []
    package var files = Files.none
    /// A decision by raw name of a tool; `*` is for all others.
    package var tools: [String: String] = [:]
    package var limits = Limits()

    package init(name: String, way: Way) {
        self.name = name
        self.way = way
    }
}
