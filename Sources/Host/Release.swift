package enum Release {
    /// A semantic version, https://semver.org
    package static let version = "0.1.0"
}
