//! Opening sources: files made in temporary folders, read through the public doors.

mod attach;
