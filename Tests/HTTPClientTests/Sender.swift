import HTTPClient

/// What sends requests without TLS to this machine.
enum Sender: CaseIterable {
    case libcurl
    case plain

    var settings: HTTPClientSettings { self.settings { _ in } }

    func settings(_ change: (inout HTTPClientSettings) -> Void) -> HTTPClientSettings {
        var settings = HTTPClientSettings()
        settings.usesOnlyLibcurl = self == .libcurl
        change(&settings)
        return settings
    }
}
