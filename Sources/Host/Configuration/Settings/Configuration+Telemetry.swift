internal import HTTP
internal import Primitives
internal import Telemetry

extension TelemetrySettings {
    /// `telemetry.otlp`; nil without it.
    static func read(_ root: Section) -> Self? {
        root.optional("telemetry") { value in
            value.section { section in section.required("otlp") { $0.section { Self($0) } } }
        }
    }

    private init?(_ section: Section) {
        let endpoint = section.required("endpoint") { $0.url() }
        let headers = section.optional("headers") { Self.headers($0) } ?? [:]
        let hasContent = section.read("content", default: false) { $0.bool() }
        guard let endpoint else { return nil }
        self.init(endpoint: endpoint, headers: headers, hasContent: hasContent)
    }

    private static func headers(_ value: Value) -> [String: Secret]? {
        var headers: [String: Secret] = [:]
        for (name, value) in value.members() ?? [] {
            guard !name.isEmpty, name.isPlain(with: "-_.") else { return value.error("'\(name)' is no header's name") }
            headers[name] = value.secret()
        }
        return headers
    }
}
