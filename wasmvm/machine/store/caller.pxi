# The caller, as host functions may ask for it.

cdef class Caller:
    """What a host function made with ``access_caller=True`` receives: the instance that called it.

    Attributes:
        instance: the calling `_core.Instance`.
    """

    def __cinit__(self, Instance instance not None):
        self.instance = instance

    @property
    def memory(self):
        """The export "memory" of the instance, or None if it has no such memory."""
        return self.instance.memory

    def get(self, name):
        """The export of that name, or None."""
        try:
            return self.instance.export(name)
        except KeyError:
            return None

    def __getitem__(self, name):
        """The export of that name; KeyError where there is none."""
        return self.instance.export(name)
