/// Which release this is.
package enum Release {
    /// By https://semver.org
    package static let version = "0.1.0"
}
