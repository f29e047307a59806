internal import CSystem

/// The pages of the program and its libraries that are mapped from their files.
package enum ProgramPages {
    /// Releases code and constants, most of which are needed only at start-up. The kernel maps pages that are used
    /// again from its cache. Written pages stay.
    package static func release() { csystem_release_images() }
}
