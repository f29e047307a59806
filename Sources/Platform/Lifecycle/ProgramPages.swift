internal import CSystem

/// The pages of the program and its libraries that are mapped from their files.
package enum ProgramPages {
    /// Lets go of code and constants, most of which only a start needs. The kernel maps what is used again from its
    /// cache. Pages that were written to stay.
    package static func release() { csystem_release_images() }
}
