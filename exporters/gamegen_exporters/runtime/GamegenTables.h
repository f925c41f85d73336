// Written by gamegen. Changes are lost at the next export.
// The rows of the tables Gamegen<Table>.json. Put this file into the game's module and build before importing them.
// A Name refers to a row of another table; None stands for nothing. A ...Key is a key of the string table.
#pragma once

#include "CoreMinimal.h"
#include "Engine/DataTable.h"
#include "GamegenTables.generated.h"
