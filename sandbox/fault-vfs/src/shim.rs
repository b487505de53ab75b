//! The layer between SQLite and its own file system.
//!
//! It is the default file system of the process once installed. A file of a watched directory gets methods of ours, with the
//! real file behind ours in the same piece of memory; any other file is opened by the file system beneath, as if this layer
//! were not there.

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Once;

use rusqlite::ffi::{self, sqlite3_file, sqlite3_int64, sqlite3_io_methods, sqlite3_vfs};

use crate::watch::{OpenFile, Watched};

/// What SQLite's memory for an open file begins with.
#[repr(C)]
struct ShimFile {
    base: sqlite3_file,
    open: *mut OpenFile,
}

/// Where the real file stands behind ours. SQLite's memory and its own file types are aligned to 8 bytes.
const BENEATH: usize = size_of::<ShimFile>().next_multiple_of(8);

static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    // The second version: with shared memory for the WAL's index, without mapping of the file itself.
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// Puts the layer over the default file system, once in the life of the process.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the file system that is found lives as long as the process, and so does the copy, which is leaked. Its
        // other methods do not look at the structure they are handed, or reach the system through tables of their own.
        unsafe {
            ffi::sqlite3_initialize();
            let beneath = ffi::sqlite3_vfs_find(std::ptr::null());
            let Some(found) = beneath.as_ref() else { return };
            let mut over = Box::new(*found);
            over.zName = c"yorisoi-fault".as_ptr();
            over.pNext = std::ptr::null_mut();
            over.pAppData = beneath.cast();
            over.szOsFile = found.szOsFile + c_int::try_from(BENEATH).unwrap_or(c_int::MAX / 2);
            over.xOpen = Some(open);
            over.xDelete = Some(delete);
            ffi::sqlite3_vfs_register(Box::into_raw(over), 1);
        }
    });
}

/// # Safety
/// `vfs` is the one registered by [`install`].
unsafe fn file_system_beneath(vfs: *mut sqlite3_vfs) -> *mut sqlite3_vfs {
    // SAFETY: as promised by the caller, it holds what `install` put there.
    unsafe { (*vfs).pAppData.cast() }
}

/// # Safety
/// `name` is null or ends with a zero.
unsafe fn path<'a>(name: *const c_char) -> Option<&'a Path> {
    // SAFETY: as promised by the caller; SQLite keeps the name while the call lasts.
    let name = (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })?;
    Some(Path::new(OsStr::from_bytes(name.to_bytes())))
}

/// # Safety
/// `file` has room for ours and the real one.
unsafe fn beneath(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: `szOsFile` asked for that much room.
    unsafe { file.byte_add(BENEATH) }
}

/// # Safety
/// `file` was opened by [`open`] with our methods and is not closed yet.
unsafe fn ours<'a>(file: *mut sqlite3_file) -> &'a OpenFile {
    // SAFETY: `open` put a leaked box there, which only `close` takes back.
    unsafe { &*(*file.cast::<ShimFile>()).open }
}

/// # Safety
/// As [`ours`].
unsafe fn real<'a>(file: *mut sqlite3_file) -> &'a sqlite3_io_methods {
    // SAFETY: the real file was opened, so it has methods; they are static.
    unsafe { &*(*beneath(file)).pMethods }
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands over the file system it was given, a name or null, and room of `szOsFile` bytes.
    unsafe {
        let system = file_system_beneath(vfs);
        let Some(real_open) = (*system).xOpen else { return ffi::SQLITE_CANTOPEN };
        let path = path(name);
        let Some((path, watched)) = path.and_then(|path| Some((path, Watched::of(path)?))) else {
            return real_open(system, name, file, flags, out_flags);
        };
        (*file).pMethods = std::ptr::null();
        match watched.open(path, flags, &|| real_open(system, name, beneath(file), flags, out_flags)) {
            Ok(opened) => {
                (*file.cast::<ShimFile>()).open = Box::into_raw(Box::new(opened));
                (*file).pMethods = &raw const METHODS;
                ffi::SQLITE_OK
            }
            Err(code) => code,
        }
    }
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, name: *const c_char, sync_directory: c_int) -> c_int {
    // SAFETY: as in `open`; a file to delete has a name.
    unsafe {
        let system = file_system_beneath(vfs);
        let Some(real_delete) = (*system).xDelete else { return ffi::SQLITE_IOERR_DELETE };
        let delete = || real_delete(system, name, sync_directory);
        match path(name).and_then(|path| Some((path, Watched::of(path)?))) {
            Some((path, watched)) => watched.delete(path, sync_directory != 0, &delete),
            None => delete(),
        }
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once; the box was leaked by `open`.
    unsafe {
        let code = real(file).xClose.map_or(ffi::SQLITE_OK, |close| close(beneath(file)));
        drop(Box::from_raw((*file.cast::<ShimFile>()).open));
        (*file).pMethods = std::ptr::null();
        code
    }
}

unsafe extern "C" fn read(
    file: *mut sqlite3_file,
    into: *mut c_void,
    size: c_int,
    from: sqlite3_int64,
) -> c_int {
    // SAFETY: an open file of ours; `into` has room for `size` bytes.
    unsafe {
        let Some(real_read) = real(file).xRead else { return ffi::SQLITE_IOERR_READ };
        ours(file).read(&|| real_read(beneath(file), into, size, from))
    }
}

unsafe extern "C" fn write(
    file: *mut sqlite3_file,
    data: *const c_void,
    size: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: an open file of ours; `data` holds `size` bytes.
    unsafe {
        let (Some(real_write), Ok(length), Ok(offset)) =
            (real(file).xWrite, usize::try_from(size), usize::try_from(at))
        else {
            return ffi::SQLITE_IOERR_WRITE;
        };
        let bytes = std::slice::from_raw_parts(data.cast::<u8>(), length);
        ours(file).write(offset, bytes, &|part| {
            let size = c_int::try_from(part.len()).unwrap_or(size);
            real_write(beneath(file), part.as_ptr().cast(), size, at)
        })
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, size: sqlite3_int64) -> c_int {
    // SAFETY: an open file of ours.
    unsafe {
        let (Some(real_truncate), Ok(length)) = (real(file).xTruncate, usize::try_from(size)) else {
            return ffi::SQLITE_IOERR_TRUNCATE;
        };
        ours(file).truncate(length, &|| real_truncate(beneath(file), size))
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _: c_int) -> c_int {
    // SAFETY: an open file of ours.
    unsafe { ours(file).sync() }
}

unsafe extern "C" fn shm_map(
    file: *mut sqlite3_file,
    region: c_int,
    size: c_int,
    extend: c_int,
    into: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file of ours; `into` is SQLite's.
    unsafe {
        let Some(real_map) = real(file).xShmMap else { return ffi::SQLITE_IOERR_SHMMAP };
        let map = || real_map(beneath(file), region, size, extend, into);
        if extend == 0 { map() } else { ours(file).grow_index(&map) }
    }
}

unsafe extern "C" fn shm_barrier(file: *mut sqlite3_file) {
    // SAFETY: an open file of ours.
    unsafe {
        if let Some(barrier) = real(file).xShmBarrier {
            barrier(beneath(file));
        }
    }
}

/// Methods that the real file does alone.
macro_rules! pass {
    ($($name:ident: $method:ident($($argument:ident: $kind:ty),*);)*) => {$(
        unsafe extern "C" fn $name(file: *mut sqlite3_file, $($argument: $kind),*) -> c_int {
            // SAFETY: an open file of ours; the arguments are handed on as they are.
            unsafe {
                real(file).$method.map_or(ffi::SQLITE_ERROR, |real| real(beneath(file), $($argument),*))
            }
        }
    )*};
}

pass! {
    file_size: xFileSize(size: *mut sqlite3_int64);
    lock: xLock(level: c_int);
    unlock: xUnlock(level: c_int);
    check_reserved_lock: xCheckReservedLock(held: *mut c_int);
    file_control: xFileControl(what: c_int, argument: *mut c_void);
    sector_size: xSectorSize();
    device_characteristics: xDeviceCharacteristics();
    shm_lock: xShmLock(offset: c_int, count: c_int, flags: c_int);
    shm_unmap: xShmUnmap(delete: c_int);
}
